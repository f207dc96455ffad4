"""The fault checker: people write and listen while parts of the service are killed, frozen, cut off or filled up."""
