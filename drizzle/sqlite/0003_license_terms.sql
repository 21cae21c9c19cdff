DROP INDEX `licenses_by_plan`;--> statement-breakpoint
ALTER TABLE `licenses` ADD `term_started_at_ms` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `licenses` ADD `suspension_cause` text;--> statement-breakpoint
CREATE INDEX `licenses_by_plan` ON `licenses` (`plan_slug`,`id`,`revoked_at_ms`);--> statement-breakpoint
ALTER TABLE `plans` ADD `archived_at_ms` integer;--> statement-breakpoint
UPDATE `licenses` SET `term_started_at_ms` = `created_at_ms`,
  `suspension_cause` = CASE WHEN `suspended_at_ms` IS NOT NULL THEN 'operator' END;
