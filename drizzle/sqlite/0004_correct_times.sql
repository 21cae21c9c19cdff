ALTER TABLE `former_keys` ADD `rotated_at_ms` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `licenses_expired` ON `licenses` (`expired_notified_at_ms`) WHERE expired_notified_at_ms IS NOT NULL;--> statement-breakpoint
CREATE INDEX `licenses_warned` ON `licenses` (`expiring_notified_at_ms`) WHERE expiring_notified_at_ms IS NOT NULL;--> statement-breakpoint
INSERT INTO `meta` (`name`, `value`)
SELECT 'recorded_time', json_object('trustedMs', `at_ms`, 'nowMs', `at_ms`) FROM (
  SELECT max(`at_ms`) AS `at_ms` FROM (
    SELECT max(`timestamp_ms`) AS `at_ms` FROM `events`
    UNION ALL SELECT max(`at_ms`) FROM `audit`
    UNION ALL SELECT max(`last_seen_at_ms`) FROM `activations`
    UNION ALL SELECT max(`last_used_at_ms`) FROM `api_keys`
  )
) WHERE `at_ms` IS NOT NULL;
