-- The beginning of what the shop's endpoint answered, for whoever looks for the reason why it took no message.
ALTER TABLE delivery_attempts ADD COLUMN response text;
