DROP TRIGGER `endpoints_resealed`;--> statement-breakpoint
CREATE TRIGGER `endpoints_resealed` BEFORE UPDATE OF secret_sealed ON `endpoints`
WHEN NEW.secret_sealed <> OLD.secret_sealed AND NEW.secret_sealed <> ''
  AND NEW.secret_sealed NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `signing_keys_sealed` BEFORE INSERT ON `signing_keys`
WHEN NEW.seed_sealed NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `signing_keys_resealed` BEFORE UPDATE OF seed_sealed ON `signing_keys`
WHEN NEW.seed_sealed IS NOT OLD.seed_sealed AND NEW.seed_sealed NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `endpoints_former_resealed` BEFORE UPDATE OF former_secret ON `endpoints`
WHEN NEW.former_secret IS NOT OLD.former_secret AND NEW.secret_sealed = OLD.secret_sealed
  AND NEW.former_secret ->> '$.secretSealed' NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `stored_responses_sealed` BEFORE INSERT ON `stored_responses`
WHEN NEW.sealed_response NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `stored_responses_resealed` BEFORE UPDATE OF sealed_response ON `stored_responses`
WHEN NEW.sealed_response <> OLD.sealed_response AND NEW.sealed_response NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `checkout_bodies_resealed` BEFORE UPDATE OF sealed ON `checkout_bodies`
WHEN NEW.sealed <> OLD.sealed AND NEW.sealed NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `checkout_facts_sealed` BEFORE INSERT ON `checkout_facts`
WHEN NEW.fact ->> '$.key.keySealed' NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `checkout_facts_resealed` BEFORE UPDATE OF fact ON `checkout_facts`
WHEN NEW.fact ->> '$.key.keySealed' IS NOT OLD.fact ->> '$.key.keySealed'
  AND NEW.fact ->> '$.key.keySealed' NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `checkout_units_hashed` BEFORE INSERT ON `checkout_units`
WHEN NEW.applied ->> '$.keyHash' NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `checkout_units_rehashed` BEFORE UPDATE OF applied ON `checkout_units`
WHEN NEW.applied ->> '$.keyHash' IS NOT OLD.applied ->> '$.keyHash'
  AND NEW.applied ->> '$.keyHash' NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `key_hashings_sealed` BEFORE INSERT ON `meta`
WHEN NEW.name GLOB 'key_hashing:*' AND NEW.value <> '' AND NEW.value NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `key_hashings_resealed` BEFORE UPDATE OF value ON `meta`
WHEN NEW.name GLOB 'key_hashing:*' AND NEW.value <> OLD.value AND NEW.value <> '' AND NEW.value NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;
