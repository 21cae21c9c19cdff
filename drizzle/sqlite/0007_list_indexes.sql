DROP INDEX `licenses_by_plan`;--> statement-breakpoint
DROP INDEX `licenses_by_product`;--> statement-breakpoint
DROP INDEX `licenses_by_name`;--> statement-breakpoint
DROP INDEX `licenses_by_external_ref`;--> statement-breakpoint
DROP INDEX `licenses_to_expire`;--> statement-breakpoint
DROP INDEX `licenses_to_warn`;--> statement-breakpoint
DROP INDEX `licenses_revoked`;--> statement-breakpoint
DROP INDEX `licenses_suspended`;--> statement-breakpoint
CREATE INDEX `licenses_not_to_warn` ON `licenses` (`expires_at_ms`,`id`,`expiring_notified_at_ms`,`suspended_at_ms`,`revoked_at_ms`) WHERE (expiring_notified_at_ms IS NOT NULL OR suspended_at_ms IS NOT NULL OR revoked_at_ms IS NOT NULL);--> statement-breakpoint
CREATE INDEX `licenses_ended` ON `licenses` (`id`,`ends_at_ms`,`expires_at_ms`,`suspended_at_ms`,`revoked_at_ms`,`plan_slug`,`product_slug`,`expired_notified_at_ms`) WHERE expired_notified_at_ms IS NOT NULL AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL;--> statement-breakpoint
CREATE INDEX `licenses_by_plan` ON `licenses` (`plan_slug`,`id`,`ends_at_ms`,`expires_at_ms`,`suspended_at_ms`,`revoked_at_ms`);--> statement-breakpoint
CREATE INDEX `licenses_by_product` ON `licenses` (`product_slug`,`id`,`ends_at_ms`,`expires_at_ms`,`suspended_at_ms`,`revoked_at_ms`);--> statement-breakpoint
CREATE INDEX `licenses_by_name` ON `licenses` (`customer_name_folded`,`id`) WHERE customer_name_folded IS NOT NULL;--> statement-breakpoint
CREATE INDEX `licenses_by_external_ref` ON `licenses` (`external_ref`,`id`) WHERE external_ref IS NOT NULL;--> statement-breakpoint
CREATE INDEX `licenses_to_expire` ON `licenses` (`ends_at_ms`,`id`,`expired_notified_at_ms`,`suspended_at_ms`,`revoked_at_ms`) WHERE expired_notified_at_ms IS NULL AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL;--> statement-breakpoint
CREATE INDEX `licenses_to_warn` ON `licenses` (`expires_at_ms`,`id`,`expiring_notified_at_ms`,`suspended_at_ms`,`revoked_at_ms`) WHERE expiring_notified_at_ms IS NULL AND suspended_at_ms IS NULL AND revoked_at_ms IS NULL;--> statement-breakpoint
CREATE INDEX `licenses_revoked` ON `licenses` (`id`,`ends_at_ms`,`expires_at_ms`,`suspended_at_ms`,`revoked_at_ms`,`plan_slug`,`product_slug`) WHERE revoked_at_ms IS NOT NULL;--> statement-breakpoint
CREATE INDEX `licenses_suspended` ON `licenses` (`id`,`ends_at_ms`,`expires_at_ms`,`suspended_at_ms`,`revoked_at_ms`,`plan_slug`,`product_slug`) WHERE suspended_at_ms IS NOT NULL AND revoked_at_ms IS NULL;