// How many events over time: bars, or the same as a table. Dragging over the bars narrows the range.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { getHistogram } from '../api/endpoints';
import type { Histogram as Counts } from '../api/types';
import { useI18n, type I18n } from '../i18n/i18n';
import { SEARCH_KEYS } from '../keys/map';
import { useKeys } from '../keys/useKeys';
import { useSettings } from '../settings/settings';
import type { Span } from '../time/range';
import { clock, ZONE } from '../time/zone';
import { Button } from '../ui/Button';
import { Fault } from '../ui/Fault';
import { useElementSize } from '../ui/size';
import { searchParams, type SearchFilter } from './filter';

const BUCKETS = 60;
const HEIGHT_PX = 112;
const DAY_MS = 86_400_000;

interface Props {
  filter: SearchFilter;
  span: Span;
  onZoom: (span: Span) => void;
}

export function Histogram({ filter, span, onZoom }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const [asTable, setAsTable] = useState(false);
  useKeys(SEARCH_KEYS, { table: () => setAsTable((before) => !before) });
  const params = searchParams(filter, span);
  const { data, error, refetch } = useQuery({
    queryKey: ['histogram', params],
    queryFn: ({ signal }) => getHistogram({ ...params, buckets: BUCKETS }, signal),
    placeholderData: keepPreviousData,
  });
  if (error && !data)
    return <Fault what={t('histogram.failed')} error={error} onRetry={() => void refetch()} />;
  const total = data?.items.reduce((sum, { count }) => sum + count, 0) ?? 0;
  return (
    <section className="histogram" aria-label={t('histogram.label')}>
      <div className="histogram-head">
        <h2>{data ? t('histogram.total', { count: total }) : t('common.loading')}</h2>
        {data && (
          <span className="quiet">{t('histogram.bucket', { length: lengthText(data.bucket_ms, i18n) })}</span>
        )}
        <Button
          kind="quiet"
          icon={asTable ? 'chart' : 'table'}
          shortcut={SEARCH_KEYS.table}
          onPress={() => setAsTable(!asTable)}
        >
          {t(asTable ? 'histogram.asChart' : 'histogram.asTable')}
        </Button>
      </div>
      {data && (asTable ? <Table data={data} /> : <Chart data={data} span={span} onZoom={onZoom} />)}
      {!data && <div className="histogram-room" />}
    </section>
  );
}

function lengthText(ms: number, { t, number }: I18n): string {
  if (ms < 60_000) return t('length.seconds', { count: number(ms / 1000, 1) });
  if (ms < 3_600_000) return t('length.minutes', { count: number(ms / 60_000, 1) });
  return t('length.hours', { count: number(ms / 3_600_000, 1) });
}

function Table({ data }: { data: Counts }) {
  const { t, number, exact } = useI18n();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="histogram-table" tabIndex={0} role="region" aria-label={t('histogram.label')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('histogram.from')}</th>
            <th scope="col">{t('histogram.events')}</th>
          </tr>
        </thead>
        <tbody>
          {data.items.map(({ time, count }) => (
            <tr key={time}>
              <td className="when">{exact(time)}</td>
              <td className="number">{number(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ChartProps {
  data: Counts;
  span: Span;
  onZoom: (span: Span) => void;
}

function Chart({ data, span, onZoom }: ChartProps) {
  const i18n = useI18n();
  const { theme } = useSettings();
  const room = useRef<HTMLDivElement>(null);
  const { width } = useElementSize(room);
  const zoom = useRef(onZoom);
  useEffect(() => {
    zoom.current = onZoom;
  });
  const dark = useDark(theme);
  useEffect(() => {
    if (!room.current || width === 0) return undefined;
    const colours = getComputedStyle(room.current);
    const chart = new uPlot(
      options(width, data, span, i18n, colours, (to) => zoom.current(to)),
      columnsOf(data),
      room.current,
    );
    return () => chart.destroy();
    // `dark` is what the colours follow.
  }, [data, span, i18n, width, dark]);
  return <div ref={room} className="histogram-room" role="img" aria-label={i18n.t('histogram.twin')} />;
}

function columnsOf({ items }: Counts): uPlot.AlignedData {
  return [items.map(({ time }) => time), items.map(({ count }) => count)];
}

function options(
  width: number,
  data: Counts,
  span: Span,
  { number, localDigits, shortDay }: I18n,
  colours: CSSStyleDeclaration,
  onZoom: (span: Span) => void,
): uPlot.Options {
  const colour = (name: string) => colours.getPropertyValue(name).trim();
  const font = `11px ${colours.fontFamily}`;
  const axis: uPlot.Axis = { font, stroke: colour('color'), ticks: { show: false } };
  const long = span.to - span.from > DAY_MS;
  return {
    width,
    height: HEIGHT_PX,
    ms: 1,
    tzDate: (ms) => uPlot.tzDate(new Date(ms), ZONE),
    padding: [6, 4, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    select: { show: true, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: true, range: [span.from, span.to] },
      y: { range: (_, __, max) => [0, Math.max(1, max)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 20,
        gap: 3,
        space: long ? 110 : 70,
        values: (_, ticks) =>
          ticks.map((ms) => `${long ? `${shortDay(ms)} ` : ''}${localDigits(clock(ms).time.slice(0, 5))}`),
      },
      {
        ...axis,
        size: 52,
        gap: 6,
        splits: (_, __, ___, max) =>
          max >= 4 ? [0, Math.round(max / 2), Math.round(max)] : [0, Math.round(max)],
        values: (_, ticks) => ticks.map((count) => number(count)),
        grid: { stroke: colour('--line'), width: 1 },
      },
    ],
    series: [
      {},
      {
        fill: colour('--accent'),
        stroke: colour('--accent'),
        width: 0,
        points: { show: false },
        // Bars begin at their time and last one bucket.
        paths: uPlot.paths.bars!({ size: [0.86, Number.POSITIVE_INFINITY], align: 1 }),
      },
    ],
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width: drawn } = chart.select;
          if (drawn < 4) return;
          const at = (px: number) => Math.round(chart.posToVal(px, 'x'));
          onZoom(widened(at(left), at(left + drawn), data.bucket_ms));
        },
      ],
    },
  };
}

/** At least one bucket, so that a narrow drag finds something. */
function widened(from: number, to: number, bucketMs: number): Span {
  return to - from < bucketMs ? { from, to: from + bucketMs } : { from, to };
}

/** Whether the page is dark now, by choice or by the system. */
function useDark(theme: string): boolean {
  const [system, setSystem] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const listener = () => setSystem(query.matches);
    query.addEventListener('change', listener);
    return () => query.removeEventListener('change', listener);
  }, []);
  return theme === 'system' ? system : theme === 'dark';
}
