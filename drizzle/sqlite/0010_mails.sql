CREATE TABLE `mails` (
	`position` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`license_id` text NOT NULL,
	`kind` text NOT NULL,
	`recipient` text,
	`message_id` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`state` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_attempt_at_ms` integer,
	`sent_at_ms` integer,
	`reason` text,
	`claimed_by` text,
	`claimed_until_ms` integer,
	FOREIGN KEY (`license_id`) REFERENCES `licenses`(`id`) ON UPDATE no action ON DELETE no action
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `mails_id_unique` ON `mails` (`id`);--> statement-breakpoint
CREATE INDEX `mails_by_license` ON `mails` (`license_id`,`position`);--> statement-breakpoint
CREATE INDEX `mails_by_state` ON `mails` (`state`,`position`);--> statement-breakpoint
CREATE INDEX `mails_by_recipient` ON `mails` (`recipient`,`position`) WHERE recipient IS NOT NULL;--> statement-breakpoint
CREATE INDEX `mails_by_age` ON `mails` (`created_at_ms`);--> statement-breakpoint
CREATE INDEX `mails_due` ON `mails` (`next_attempt_at_ms`,`position`) WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX `mails_claimed` ON `mails` (`claimed_by`) WHERE claimed_by IS NOT NULL;