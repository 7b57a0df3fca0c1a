"""An upgrade with orchestrations under way: recorded states of earlier commits, carried on by this one."""
