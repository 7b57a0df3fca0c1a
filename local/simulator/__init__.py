"""Azure Resource Manager on 127.0.0.1: the local oracle for the real SDKs and the real az command line.

It imports nothing of the product: an oracle that shares our parser cannot catch our bugs.
What it models, and from which evidence, is in docs/fidelity.md.
"""
