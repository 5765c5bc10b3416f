"""The contract test of sources, for packages with a source of their own. Needs pytest.

    from marketlake.testing import Canned, Case, SourceContract

    class TestAcme(SourceContract):
        case = Case("acme", "oil1", good=Canned(...), empty=Canned(...), not_found=Canned(status=404))

pytest finds the tests in the class. They request a server on loopback, which sends the case's
responses, and errors, redirects, bombs and endless answers.
"""

from __future__ import annotations

import pytest

# a failed assertion shows its values
pytest.register_assert_rewrite(f"{__name__}.contract")

from .contract import SourceContract  # noqa: E402
from .vendor import Canned, Case, Vendor, access_to, serve  # noqa: E402

__all__ = ["Canned", "Case", "SourceContract", "Vendor", "access_to", "serve"]
