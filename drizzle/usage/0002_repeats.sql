ALTER TABLE `validations` ADD `count` integer DEFAULT 1 NOT NULL;
--> statement-breakpoint
ALTER TABLE `validations` ADD `last_at_ms` integer;
--> statement-breakpoint
CREATE TABLE `staged_batches` (
	`number` integer PRIMARY KEY NOT NULL,
	`text` text NOT NULL
) STRICT;
