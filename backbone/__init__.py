"""What every Drumbeat service stands on: contract, outbox, broker, store, web, auth, clocks."""
