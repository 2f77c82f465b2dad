"""The modules of Nielsen's *Neural Networks and Deep Learning*, used as its chapters use them, in Python 3.

    from bpnet.book import mnist_loader, network2
    training_data, validation_data, test_data = mnist_loader.load_data_wrapper()
    net = network2.Network([784, 30, 10], cost=network2.CrossEntropyCost)
    net.SGD(training_data, 30, 10, 0.5, evaluation_data=test_data, monitor_evaluation_accuracy=True)

They are thin layers over `bpnet.Network`. What is the book's own here makes its figures come out to the digit: the
random streams (numpy's global state, and the shuffle of Python 2), the list of examples shuffled in place, the reported
cost, the printed lines. Nothing else in the package uses global random state.
"""

from bpnet.book import mnist_loader, network, network2

__all__ = ["mnist_loader", "network", "network2"]
