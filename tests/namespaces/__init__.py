"""The proof with real software: unbound, BIND, dig, nslookup, nc and nftables, in network namespaces made here."""
