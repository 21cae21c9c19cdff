CREATE TABLE `changes` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at_ms` integer NOT NULL,
	`session` text,
	`body` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `changes_by_session` ON `changes` (`session`) WHERE session IS NOT NULL;--> statement-breakpoint
CREATE TABLE `edges` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`token_hash` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`last_polled_at_ms` integer,
	`stale_ms` integer NOT NULL,
	`usage_until_ms` integer,
	`revoked_at_ms` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `edges_id_unique` ON `edges` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `edges_token_hash_unique` ON `edges` (`token_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `edges_by_name` ON `edges` (`name`) WHERE revoked_at_ms IS NULL;