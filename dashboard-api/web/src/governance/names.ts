// The words for roles and permissions, and what the server says about accounts.

import { Problem } from '../api/client';
import type { I18n, Key } from '../i18n/i18n';
import { faultText } from '../ui/Fault';

export const ROLES: Record<string, Key> = {
  viewer: 'governance.role.viewer',
  analyst: 'governance.role.analyst',
  hunter: 'governance.role.hunter',
  agency_admin: 'governance.role.agencyAdmin',
  collector_operator: 'governance.role.collectorOperator',
  rule_author: 'governance.role.ruleAuthor',
  rule_approver: 'governance.role.ruleApprover',
  national_analyst: 'governance.role.nationalAnalyst',
  privacy_officer: 'governance.role.privacyOfficer',
  auditor: 'governance.role.auditor',
  platform_admin: 'governance.role.platformAdmin',
};

export const PERMISSIONS: Record<string, Key> = {
  read_alerts: 'governance.may.readAlerts',
  read_events: 'governance.may.readEvents',
  export_events: 'governance.may.exportEvents',
  triage_alerts: 'governance.may.triageAlerts',
  read_cases: 'governance.may.readCases',
  manage_cases: 'governance.may.manageCases',
  read_ledger: 'governance.may.readLedger',
  read_dead_letters: 'governance.may.readDeadLetters',
  read_rules: 'governance.may.readRules',
  write_rules: 'governance.may.writeRules',
  approve_rules: 'governance.may.approveRules',
  manage_exceptions: 'governance.may.manageExceptions',
  manage_indicators: 'governance.may.manageIndicators',
  read_collectors: 'governance.may.readCollectors',
  manage_collectors: 'governance.may.manageCollectors',
  manage_notifications: 'governance.may.manageNotifications',
  manage_sla: 'governance.may.manageSla',
  manage_retention: 'governance.may.manageRetention',
  unmask: 'governance.may.unmask',
  read_users: 'governance.may.readUsers',
  manage_users: 'governance.may.manageUsers',
  manage_keys: 'governance.may.manageKeys',
  read_audit: 'governance.may.readAudit',
};

const FAULTS: Record<string, Key> = {
  name_taken: 'governance.fault.nameTaken',
  own_account: 'governance.fault.ownAccount',
  beyond_your_rights: 'governance.fault.beyond',
  last_administrator: 'governance.fault.lastAdministrator',
  account_disabled: 'governance.fault.disabled',
  by_identity_provider: 'governance.byProvider',
  wrong_account_kind: 'governance.fault.kind',
  scope_too_wide: 'governance.fault.scope',
  too_many_api_keys: 'governance.fault.tooManyKeys',
  dead_api_key: 'governance.fault.deadKey',
  four_eyes: 'retention.needsOther',
  version_conflict: 'governance.fault.conflict',
};

/** The name of a role or permission; one that a newer server knows is shown as it is. */
export function named(names: Record<string, Key>, id: string, { t }: I18n): string {
  const key = names[id];
  return key ? t(key) : id;
}

/** What went wrong, in the reader’s words. */
export function accountFault(error: unknown, i18n: I18n): string {
  const key = error instanceof Problem ? FAULTS[error.code] : undefined;
  return key ? i18n.t(key) : faultText(error, i18n);
}
