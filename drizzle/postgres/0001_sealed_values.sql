CREATE OR REPLACE FUNCTION refuse_former_secret() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	prefix text;
	sealed text;
BEGIN
	SELECT value INTO prefix FROM meta WHERE name = 'secret:prefix';
	IF prefix IS NULL THEN RETURN NEW; END IF;
	IF TG_TABLE_NAME = 'licenses' THEN sealed := NEW.key_sealed;
	ELSIF TG_TABLE_NAME = 'endpoints' THEN
		sealed := NEW.secret_sealed;
		IF TG_OP = 'UPDATE' AND NEW.secret_sealed = OLD.secret_sealed THEN
			sealed := NEW.former_secret::json ->> 'secretSealed';
		END IF;
	ELSIF TG_TABLE_NAME = 'signing_keys' THEN sealed := NEW.seed_sealed;
	ELSIF TG_TABLE_NAME = 'stored_responses' THEN sealed := NEW.sealed_response;
	ELSIF TG_TABLE_NAME = 'checkout_facts' THEN sealed := NEW.fact::json -> 'key' ->> 'keySealed';
	ELSIF TG_TABLE_NAME = 'checkout_units' THEN sealed := NEW.applied::json ->> 'keyHash';
	ELSIF TG_TABLE_NAME = 'meta' THEN sealed := NEW.value;
	ELSE sealed := NEW.sealed;
	END IF;
	IF sealed <> '' AND NOT starts_with(sealed, prefix) THEN
		RAISE EXCEPTION 'The master secret was replaced. Start this process again.';
	END IF;
	RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER "signing_keys_sealed" BEFORE INSERT ON "signing_keys"
FOR EACH ROW EXECUTE FUNCTION refuse_former_secret();--> statement-breakpoint
CREATE TRIGGER "signing_keys_resealed" BEFORE UPDATE OF "seed_sealed" ON "signing_keys"
FOR EACH ROW WHEN (NEW.seed_sealed IS DISTINCT FROM OLD.seed_sealed) EXECUTE FUNCTION refuse_former_secret();--> statement-breakpoint
CREATE TRIGGER "endpoints_former_resealed" BEFORE UPDATE OF "former_secret" ON "endpoints"
FOR EACH ROW WHEN (NEW.former_secret IS DISTINCT FROM OLD.former_secret AND NEW.secret_sealed = OLD.secret_sealed)
EXECUTE FUNCTION refuse_former_secret();--> statement-breakpoint
CREATE TRIGGER "stored_responses_sealed" BEFORE INSERT ON "stored_responses"
FOR EACH ROW EXECUTE FUNCTION refuse_former_secret();--> statement-breakpoint
CREATE TRIGGER "stored_responses_resealed" BEFORE UPDATE OF "sealed_response" ON "stored_responses"
FOR EACH ROW WHEN (NEW.sealed_response <> OLD.sealed_response) EXECUTE FUNCTION refuse_former_secret();--> statement-breakpoint
CREATE TRIGGER "checkout_bodies_resealed" BEFORE UPDATE OF "sealed" ON "checkout_bodies"
FOR EACH ROW WHEN (NEW.sealed <> OLD.sealed) EXECUTE FUNCTION refuse_former_secret();--> statement-breakpoint
CREATE TRIGGER "checkout_facts_sealed" BEFORE INSERT ON "checkout_facts"
FOR EACH ROW EXECUTE FUNCTION refuse_former_secret();--> statement-breakpoint
CREATE TRIGGER "checkout_facts_resealed" BEFORE UPDATE OF "fact" ON "checkout_facts"
FOR EACH ROW WHEN (NEW.fact::json -> 'key' ->> 'keySealed' IS DISTINCT FROM OLD.fact::json -> 'key' ->> 'keySealed')
EXECUTE FUNCTION refuse_former_secret();--> statement-breakpoint
CREATE TRIGGER "checkout_units_hashed" BEFORE INSERT ON "checkout_units"
FOR EACH ROW EXECUTE FUNCTION refuse_former_secret();--> statement-breakpoint
CREATE TRIGGER "checkout_units_rehashed" BEFORE UPDATE OF "applied" ON "checkout_units"
FOR EACH ROW WHEN (NEW.applied::json ->> 'keyHash' IS DISTINCT FROM OLD.applied::json ->> 'keyHash')
EXECUTE FUNCTION refuse_former_secret();--> statement-breakpoint
CREATE TRIGGER "key_hashings_sealed" BEFORE INSERT ON "meta"
FOR EACH ROW WHEN (starts_with(NEW.name, 'key_hashing:') AND NEW.value <> '') EXECUTE FUNCTION refuse_former_secret();--> statement-breakpoint
CREATE TRIGGER "key_hashings_resealed" BEFORE UPDATE OF "value" ON "meta"
FOR EACH ROW WHEN (starts_with(NEW.name, 'key_hashing:') AND NEW.value <> '' AND NEW.value <> OLD.value)
EXECUTE FUNCTION refuse_former_secret();
