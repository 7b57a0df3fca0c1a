"""What the hub's machines make of themselves at their first start: cloud-config texts for Ubuntu 24.04.

Pure: the same arguments give the same bytes. No text holds a secret: whoever is on the machine can read it.
"""
