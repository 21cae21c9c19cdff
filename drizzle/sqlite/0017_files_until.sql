DROP INDEX `activations_by_idleness`;--> statement-breakpoint
ALTER TABLE `activations` ADD `files_until_ms` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `activations_by_idleness` ON `activations` (`license_id`,`kind`,`is_free`,max(`last_seen_at_ms`, `files_until_ms`));