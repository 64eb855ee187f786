// Time ranges in words.

import type { I18n } from '../i18n/i18n';
import type { PRESETS } from './range';

/** "Last 4 hours" for "-4h". */
export function lastText(preset: (typeof PRESETS)[number], t: I18n['t']): string {
  const count = Number.parseInt(preset.slice(1), 10);
  const unit = preset.slice(-1) as 'm' | 'h' | 'd';
  return t(`range.last.${unit}`, { count });
}
