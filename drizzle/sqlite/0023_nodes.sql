CREATE TABLE `leases` (
	`name` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`until_ms` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `nodes` (
	`id` text PRIMARY KEY NOT NULL,
	`heartbeat_at_ms` integer NOT NULL
) STRICT;
--> statement-breakpoint
DROP INDEX `deliveries_claimed`;--> statement-breakpoint
CREATE INDEX `deliveries_claimed` ON `deliveries` (`claimed_by`,`endpoint_id`,`claimed_until_ms`) WHERE claimed_by IS NOT NULL;