# SPDX-License-Identifier: BSL-1.0
"""The code in a document, as a reader would copy it."""

import re

CPP = re.compile(r"^(?:<!-- headers: (\S+) -->\n)?```cpp\n(.*?)^```$", re.M | re.S)


def cpp_blocks(text):
    """Returns a pair for each block of C++: a folder of headers, or nothing, and the block. On the line before a block
    `<!-- headers: FOLDER -->` may name the folder."""
    return CPP.findall(text)
