"""The whole thing on the local stack: real app, real durable SDK, real Azure SDKs, real Service Bus client."""
