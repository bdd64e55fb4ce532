"""What is written from the event models: JSON Schemas, AsyncAPI and the page of events, as pure functions to text."""
