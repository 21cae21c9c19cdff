CREATE TABLE `checkout_bodies` (
	`position` integer PRIMARY KEY NOT NULL,
	`received_at_ms` integer NOT NULL,
	`sealed` text NOT NULL,
	FOREIGN KEY (`position`) REFERENCES `checkout_events`(`position`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
INSERT INTO `checkout_bodies` (`position`, `received_at_ms`, `sealed`)
  SELECT `position`, `received_at_ms`, `body_sealed` FROM `checkout_events` WHERE `body_sealed` IS NOT NULL;
--> statement-breakpoint
CREATE INDEX `checkout_bodies_by_age` ON `checkout_bodies` (`received_at_ms`);--> statement-breakpoint
DROP INDEX `checkout_events_to_clear`;--> statement-breakpoint
ALTER TABLE `checkout_events` DROP COLUMN `body_sealed`;