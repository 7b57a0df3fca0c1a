"""Who answers names where: the servers, what they forward, whose turn it is to change, and the proof."""
