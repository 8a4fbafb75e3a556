"""Strings of formats that only this API has."""

import ipaddress

import schemathesis
from hypothesis import strategies as st


def _prefixes(network, bits):
    """Prefixes of a family; none has a bit set behind its length."""
    return st.builds(
        lambda address, length: str(network((address, length), strict=False)),
        st.integers(0, 2**bits - 1),
        st.integers(0, bits),
    )


schemathesis.openapi.format(
    "address-prefix",
    st.one_of(_prefixes(ipaddress.IPv4Network, 32), _prefixes(ipaddress.IPv6Network, 128)),
)
