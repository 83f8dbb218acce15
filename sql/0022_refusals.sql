-- Whether the registry refused to say, as most do of what they do not have: no visitor's tag is kept for that.
ALTER TABLE check_requests ADD COLUMN is_refusal boolean NOT NULL DEFAULT false;
