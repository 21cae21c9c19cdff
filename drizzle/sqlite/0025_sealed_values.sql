CREATE TRIGGER `licenses_sealed` BEFORE INSERT ON `licenses`
WHEN NEW.key_sealed NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `licenses_resealed` BEFORE UPDATE OF key_sealed ON `licenses`
WHEN NEW.key_sealed <> OLD.key_sealed AND NEW.key_sealed NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `endpoints_sealed` BEFORE INSERT ON `endpoints`
WHEN NEW.secret_sealed NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `endpoints_resealed` BEFORE UPDATE OF secret_sealed ON `endpoints`
WHEN NEW.secret_sealed <> OLD.secret_sealed AND NEW.secret_sealed NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;--> statement-breakpoint
CREATE TRIGGER `checkout_bodies_sealed` BEFORE INSERT ON `checkout_bodies`
WHEN NEW.sealed NOT GLOB (SELECT value || '*' FROM meta WHERE name = 'secret:prefix')
BEGIN SELECT RAISE(ABORT, 'The master secret was replaced. Start this process again.'); END;
