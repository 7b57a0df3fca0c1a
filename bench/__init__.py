"""Measures one provisioning on the local stack. Figures are ratios within one run; nothing here is a test."""
