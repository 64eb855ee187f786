// Two panes with a border that the pointer drags and the arrow keys move.

import { useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { useI18n } from '../i18n/i18n';
import { changeSettings, useSettings } from '../settings/settings';

const PERCENT_MIN = 30;
const PERCENT_MAX = 75;
const STEP_PERCENT = 3;

const clamp = (percent: number) => Math.round(Math.min(PERCENT_MAX, Math.max(PERCENT_MIN, percent)));

/** The main pane, and beside it, when there is one, the second. */
export function Split({ main, beside }: { main: ReactNode; beside: ReactNode | null }) {
  const { t } = useI18n();
  const { panePercent } = useSettings();
  const frame = useRef<HTMLDivElement>(null);
  const set = (percent: number) => changeSettings({ panePercent: clamp(percent) });
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: STEP_PERCENT, ArrowRight: -STEP_PERCENT }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    set(panePercent + step);
  };
  const onPointerMove = (event: PointerEvent) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId) || !frame.current) return;
    const { right, width } = frame.current.getBoundingClientRect();
    set(((right - event.clientX) / width) * 100);
  };
  return (
    <div ref={frame} className="split" data-open={beside ? '' : undefined}>
      <div className="split-main">{main}</div>
      {beside && (
        <>
          {/* A focusable separator is the pattern for a movable border (WAI-ARIA window splitter). */}
          <div
            className="split-border"
            role="separator"
            aria-orientation="vertical"
            aria-label={t('alert.width')}
            aria-valuenow={panePercent}
            aria-valuemin={PERCENT_MIN}
            aria-valuemax={PERCENT_MAX}
            tabIndex={0}
            onKeyDown={onKeyDown}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={onPointerMove}
          />
          <div className="split-beside" style={{ flexBasis: `${panePercent}%` }}>
            {beside}
          </div>
        </>
      )}
    </div>
  );
}
