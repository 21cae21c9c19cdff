CREATE TABLE `edge_batches` (
	`edge_id` text NOT NULL,
	`run` text NOT NULL,
	`number` integer NOT NULL,
	`at_ms` integer NOT NULL,
	PRIMARY KEY(`edge_id`, `run`)
) STRICT;
--> statement-breakpoint
CREATE TABLE `erasures` (
	`license_id` text PRIMARY KEY NOT NULL,
	`at_ms` integer NOT NULL
) STRICT;
--> statement-breakpoint
ALTER TABLE `staged` ADD `late` text DEFAULT '' NOT NULL;
