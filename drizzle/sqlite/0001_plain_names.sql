ALTER TABLE `kept_answers` RENAME TO `stored_responses`;--> statement-breakpoint
ALTER TABLE `stored_responses` RENAME COLUMN `sealed_answer` TO `sealed_response`;--> statement-breakpoint
DROP INDEX `kept_answers_by_expiry`;--> statement-breakpoint
CREATE INDEX `stored_responses_by_expiry` ON `stored_responses` (`expires_at_ms`);--> statement-breakpoint
ALTER TABLE `deliveries` RENAME COLUMN `tries` TO `attempts`;--> statement-breakpoint
ALTER TABLE `deliveries` RENAME COLUMN `next_try_at_ms` TO `next_attempt_at_ms`;--> statement-breakpoint
ALTER TABLE `licenses` RENAME COLUMN `expiring_told_at_ms` TO `expiring_notified_at_ms`;--> statement-breakpoint
ALTER TABLE `licenses` RENAME COLUMN `expired_told_at_ms` TO `expired_notified_at_ms`;
