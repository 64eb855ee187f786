// An alert's title in the reader's language, where the rule has one.

import type { AlertSummary } from '../api/types';
import type { Language } from '../i18n/i18n';

export function titleIn(language: Language, alert: Pick<AlertSummary, 'title' | 'title_bn'>): string {
  return (language === 'bn' && alert.title_bn) || alert.title;
}
