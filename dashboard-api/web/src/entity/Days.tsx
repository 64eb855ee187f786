// Events, alerts and risk day by day: bars, or the same as a table.

import { useState } from 'react';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import type { Day } from './api';

const HEIGHT = 80;
const BAR = 10;

export function Days({ days }: { days: Day[] }) {
  const { t } = useI18n();
  const [asTable, setAsTable] = useState(false);
  return (
    <>
      <h2 className="entity-days-head">
        {t('entity.overTime')}
        <Button kind="quiet" icon={asTable ? 'chart' : 'table'} onPress={() => setAsTable(!asTable)}>
          {t(asTable ? 'entity.asChart' : 'entity.asTable')}
        </Button>
      </h2>
      {asTable ? <Table days={days} /> : <Chart days={days} />}
    </>
  );
}

function Chart({ days }: { days: Day[] }) {
  const { t, number, day: dayOf } = useI18n();
  const most = Math.max(1, ...days.map(({ events }) => events));
  const first = days[0];
  const last = days.at(-1);
  return (
    <figure className="entity-chart">
      <svg
        viewBox={`0 0 ${days.length * BAR} ${HEIGHT + 14}`}
        role="img"
        aria-label={t('entity.chart')}
        preserveAspectRatio="none"
      >
        {days.map(({ day, events, risk }, index) => {
          const height = events === 0 ? 0 : Math.max(1, (events / most) * HEIGHT);
          return (
            <g key={day}>
              <rect
                x={index * BAR + 1}
                y={HEIGHT - height}
                width={BAR - 2}
                height={height}
                className="bar-events"
              />
              {risk > 0 && (
                <rect
                  x={index * BAR + 1}
                  y={HEIGHT + 2}
                  width={BAR - 2}
                  height={2 + (risk / 100) * 10}
                  className="bar-risk"
                />
              )}
            </g>
          );
        })}
      </svg>
      <figcaption className="quiet">
        <span>{first && dayOf(first.day)}</span>
        <span>{t('entity.legend', { count: number(most) })}</span>
        <span>{last && dayOf(last.day)}</span>
      </figcaption>
    </figure>
  );
}

function Table({ days }: { days: Day[] }) {
  const { t, number, day: dayOf } = useI18n();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="entity-scroll" tabIndex={0} role="region" aria-label={t('entity.overTime')}>
      <table className="entity-table">
        <thead>
          <tr>
            <th scope="col">{t('entity.day')}</th>
            <th scope="col">{t('entity.events')}</th>
            <th scope="col">{t('entity.alerts')}</th>
            <th scope="col">{t('entity.risk')}</th>
          </tr>
        </thead>
        <tbody>
          {days.map(({ day, events, alerts, risk }) => (
            <tr key={day}>
              <td>{dayOf(day)}</td>
              <td className="number">{number(events)}</td>
              <td className="number">{number(alerts)}</td>
              <td className="number">{number(risk)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
