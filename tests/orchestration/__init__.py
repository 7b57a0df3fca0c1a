"""What runs in Azure, without Azure: orchestrators, admission, requests and waking."""
