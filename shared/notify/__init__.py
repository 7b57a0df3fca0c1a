"""What Spokewright says to others: replies over Service Bus."""
