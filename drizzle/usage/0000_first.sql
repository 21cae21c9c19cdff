CREATE TABLE `groups` (
	`id` integer PRIMARY KEY NOT NULL,
	`number` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `licenses` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`validation_count` integer DEFAULT 0 NOT NULL,
	`last_validated_at_ms` integer DEFAULT 0 NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `licenses_id_unique` ON `licenses` (`id`);--> statement-breakpoint
CREATE TABLE `rollups` (
	`interval` text NOT NULL,
	`bucket` integer NOT NULL,
	`license` integer NOT NULL,
	`dimension` text NOT NULL,
	`name` text NOT NULL,
	`valid` integer NOT NULL,
	`refused` integer NOT NULL,
	PRIMARY KEY(`interval`, `bucket`, `license`, `dimension`, `name`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `sightings` (
	`activation_id` text PRIMARY KEY NOT NULL,
	`at_ms` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `validations` (
	`day` integer NOT NULL,
	`license` integer NOT NULL,
	`at_ms` integer NOT NULL,
	`nth` integer NOT NULL,
	`error` text,
	`domain` text,
	`fingerprint` text,
	`country` text,
	`address` text,
	`version` text,
	PRIMARY KEY(`day`, `license`, `at_ms`, `nth`)
) STRICT, WITHOUT ROWID;
