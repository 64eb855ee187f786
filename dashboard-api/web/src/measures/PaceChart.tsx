// The time to take and to close an alert, by the day on which it arrived: lines, or the same as a table.

import { useState } from 'react';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import type { Pace } from './api';
import { lengthText } from './MeasuresPage';

const WIDTH = 720;
const HEIGHT = 160;

export function PaceChart({ days }: { days: Pace[] }) {
  const { t } = useI18n();
  const [asTable, setAsTable] = useState(false);
  const hasAny = days.some((day) => day.acknowledged.alerts + day.closed.alerts > 0);
  return (
    <>
      <h2 className="measures-chart-head">
        {t('measures.pace')}
        <Button kind="quiet" icon={asTable ? 'chart' : 'table'} onPress={() => setAsTable(!asTable)}>
          {t(asTable ? 'measures.asChart' : 'measures.asTable')}
        </Button>
      </h2>
      {asTable ? (
        <Table days={days} />
      ) : hasAny ? (
        <Chart days={days} />
      ) : (
        <p className="quiet">{t('measures.nothing')}</p>
      )}
    </>
  );
}

type Which = 'acknowledged' | 'closed';

/** The points of a line; days on which nothing was taken or closed have none. */
function points(days: Pace[], which: Which, most: number): { x: number; y: number }[] {
  const begin = days[0]?.day ?? 0;
  const length = Math.max(1, (days.at(-1)?.day ?? 0) - begin);
  return days.flatMap((day) =>
    day[which].alerts === 0
      ? []
      : [
          {
            x: 8 + (((day.day ?? 0) - begin) / length) * (WIDTH - 16),
            y: HEIGHT - 8 - (day[which].median_ms / most) * (HEIGHT - 16),
          },
        ],
  );
}

function Chart({ days }: { days: Pace[] }) {
  const i18n = useI18n();
  const { t, day: dayOf } = i18n;
  const most = Math.max(1, ...days.flatMap((day) => [day.acknowledged.median_ms, day.closed.median_ms]));
  const first = days[0]?.day;
  const last = days.at(-1)?.day;
  return (
    <figure className="measures-chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t('measures.chart')}>
        <line x1="8" y1={HEIGHT - 8} x2={WIDTH - 8} y2={HEIGHT - 8} className="axis" />
        {(['acknowledged', 'closed'] as const).map((which) => {
          const line = points(days, which, most);
          return (
            <g key={which} className={`line-${which}`}>
              <polyline points={line.map(({ x, y }) => `${x},${y}`).join(' ')} />
              {line.map(({ x, y }) =>
                which === 'closed' ? (
                  <rect key={x} x={x - 3} y={y - 3} width="6" height="6" />
                ) : (
                  <circle key={x} cx={x} cy={y} r="3.5" />
                ),
              )}
            </g>
          );
        })}
      </svg>
      <figcaption className="quiet">
        <span>{first !== undefined && first !== null && dayOf(first)}</span>
        <span>{t('measures.legend', { most: lengthText(most, i18n) })}</span>
        <span>{last !== undefined && last !== null && dayOf(last)}</span>
      </figcaption>
    </figure>
  );
}

function Table({ days }: { days: Pace[] }) {
  const i18n = useI18n();
  const { t, number, day: dayOf } = i18n;
  return (
    <div className="measures-scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('measures.day')}</th>
            <th scope="col">{t('measures.alerts')}</th>
            <th scope="col">{t('measures.mtta')}</th>
            <th scope="col">{t('measures.mttr')}</th>
          </tr>
        </thead>
        <tbody>
          {days.map((day) => (
            <tr key={day.day}>
              <th scope="row">{dayOf(day.day ?? 0)}</th>
              <td>{number(day.alerts)}</td>
              <td>{day.acknowledged.alerts === 0 ? '–' : lengthText(day.acknowledged.median_ms, i18n)}</td>
              <td>{day.closed.alerts === 0 ? '–' : lengthText(day.closed.median_ms, i18n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
