// What the lint says, in the reader's language.

import type { Finding } from '../api/types';
import type { Language } from '../i18n/i18n';

export const told = (finding: Finding, language: Language): { message: string; mend: string } =>
  language === 'bn' ? { message: finding.message_bn, mend: finding.mend_bn } : finding;
