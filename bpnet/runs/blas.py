"""Which kernel OpenBLAS multiplies with, and whether it is the one for this processor.

OpenBLAS has a kernel for each family of processors and chooses one when it is loaded. Its choice, or that of
`OPENBLAS_CORETYPE` in the environment, decides the speed of every product, and the last digits of its result.
"""

import re
from collections.abc import Iterable
from pathlib import Path

CPU_FILE = Path("/proc/cpuinfo")  # where Linux lists what a processor can do; other systems have no such file

# The widest vector instructions first, as Linux names them, and the kernel of OpenBLAS written for them.
KERNEL_FOR = {"avx512vl": "SkylakeX", "avx2": "Haswell", "avx": "Sandybridge"}

# What each kernel needs (OpenBLAS, driver/others/dynamic.c); those of None are older than AVX.
NEEDS: dict[str, str | None] = {
    **dict.fromkeys(("SapphireRapids", "Cooperlake", "SkylakeX"), "avx512vl"),
    **dict.fromkeys(("Zen", "Haswell"), "avx2"),
    **dict.fromkeys(("Excavator", "Steamroller", "Piledriver", "Bulldozer", "Sandybridge"), "avx"),
    **dict.fromkeys(("Nehalem", "Dunnington", "Penryn", "Core2", "Atom", "Prescott"), None),
    **dict.fromkeys(("Bobcat", "Barcelona", "Opteron_SSE3", "Opteron"), None),
}


def processor_flags(file: Path = CPU_FILE) -> frozenset[str]:
    """What the processor can do, such as `avx2`; nothing where the system does not say, or is no x86 Linux."""
    try:
        found = re.search(r"^flags\s*:(.*)$", file.read_text(encoding="utf-8"), re.M)
    except OSError:
        found = None
    return frozenset(found[1].split()) if found else frozenset()


def kernel_advice(kernel: str | None, flags: Iterable[str]) -> str | None:
    """A sentence with the remedy where the kernel does not fit a processor with these flags; None where it does.

    None too for a kernel that is not known here, and for a processor that is not known or older than AVX.
    """
    widest = next((flag for flag in KERNEL_FOR if flag in set(flags)), None)
    if widest is None or kernel not in NEEDS:
        return None
    levels, needed = [*KERNEL_FOR, None], NEEDS[kernel]
    named = f"OpenBLAS multiplies with its kernel {kernel}"
    remedy = f"set OPENBLAS_CORETYPE={KERNEL_FOR[widest]} before Python starts"
    if levels.index(needed) > levels.index(widest):
        return f"{named}, which does not use what this processor has, {widest}: {remedy}"
    if levels.index(needed) < levels.index(widest):
        return f"{named}, which needs {needed}, and this processor has not: {remedy}, or a product may end the program"
    return None
