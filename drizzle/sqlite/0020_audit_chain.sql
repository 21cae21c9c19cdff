ALTER TABLE `audit` ADD `address` text;--> statement-breakpoint
ALTER TABLE `audit` ADD `before` text;--> statement-breakpoint
ALTER TABLE `audit` ADD `after` text;--> statement-breakpoint
ALTER TABLE `audit` ADD `personal` text;--> statement-breakpoint
ALTER TABLE `audit` ADD `personal_salt` text;--> statement-breakpoint
ALTER TABLE `audit` ADD `personal_digest` text;--> statement-breakpoint
ALTER TABLE `audit` ADD `hash` text;--> statement-breakpoint
CREATE INDEX `audit_by_subject` ON `audit` (`subject_id`,`position`);--> statement-breakpoint
CREATE TRIGGER `audit_is_not_deleted` BEFORE DELETE ON `audit` BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;--> statement-breakpoint
CREATE TRIGGER `audit_is_not_changed` BEFORE UPDATE ON `audit`
WHEN NEW.`personal` IS NOT NULL OR NEW.`personal_salt` IS NOT NULL
  OR NEW.`position` IS NOT OLD.`position` OR NEW.`at_ms` IS NOT OLD.`at_ms`
  OR NEW.`actor` IS NOT OLD.`actor` OR NEW.`address` IS NOT OLD.`address`
  OR NEW.`request_id` IS NOT OLD.`request_id` OR NEW.`action` IS NOT OLD.`action`
  OR NEW.`subject_id` IS NOT OLD.`subject_id` OR NEW.`before` IS NOT OLD.`before`
  OR NEW.`after` IS NOT OLD.`after` OR NEW.`personal_digest` IS NOT OLD.`personal_digest`
  OR NEW.`hash` IS NOT OLD.`hash`
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
