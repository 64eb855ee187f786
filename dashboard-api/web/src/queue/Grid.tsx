// The rows of the queue: virtual, one in the tab order, moved through by keys.

import { useTable } from '@tanstack/react-table';
import { defaultRangeExtractor, useVirtualizer, type Range } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import { titleIn } from '../alert/title';
import type { AlertSummary } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { useSettings } from '../settings/settings';
import { useElementSize } from '../ui/size';
import { columns, features, HEADINGS } from './columns';
import { toggled, type Selection } from './selection';

/** From these widths on a row has one line, or two; below, three. */
const ONE_LINE_PX = 900;
const TWO_LINES_PX = 460;
const ROW_PX = 32;
const HEAD_PX = 32;
const OVERSCAN_ROWS = 12;
/** The next page is fetched when the reader is this close to the end. */
const AHEAD_ROWS = 30;

interface Props {
  rows: AlertSummary[];
  gone: ReadonlySet<string>;
  activeIndex: number;
  openId: string | null;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  /** The row that has the focus changed. */
  onActivate: (index: number) => void;
  /** A key asks for another row. */
  onMove: (index: number) => void;
  /** How often keys have moved the active row: each move brings the focus along. */
  moves: number;
  onOpen: (index: number, by: 'pointer' | 'key') => void;
  hasMore: boolean;
  isFetching: boolean;
  loadMore: () => void;
  isStale: boolean;
  /** How often the list has been renewed: each time it begins at its top. */
  renewals: number;
}

export function Grid(props: Props) {
  const { rows, selection, onSelection, hasMore, isFetching, loadMore } = props;
  const { t, language } = useI18n();
  const scroller = useRef<HTMLDivElement>(null);
  const { width } = useElementSize(scroller);
  const lines = width === 0 || width >= ONE_LINE_PX ? 1 : width >= TWO_LINES_PX ? 2 : 3;
  const table = useTable({
    features,
    columns,
    data: rows,
    getRowId: (row) => row.id,
    state: { rowSelection: selection },
    onRowSelectionChange: (update) => onSelection(typeof update === 'function' ? update(selection) : update),
  });
  const virtual = useRows(scroller, props, lines);
  const last = virtual.items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isFetching && last >= rows.length - AHEAD_ROWS) loadMore();
  }, [hasMore, isFetching, last, rows.length, loadMore]);
  const onKeyDown = useGridKeys(props, virtual.pageRows);
  useFocusRow(scroller, props);
  useEffect(() => {
    if (props.renewals > 0) scroller.current?.scrollTo({ top: 0 });
  }, [props.renewals]);
  const model = table.getRowModel().rows;
  return (
    <div
      ref={scroller}
      className="grid"
      role="grid"
      aria-label={t('queue.grid')}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-multiselectable="true"
      data-lines={lines}
      data-stale={props.isStale || undefined}
      onKeyDown={onKeyDown}
      tabIndex={rows.length === 0 ? 0 : -1}
    >
      <div className="grid-head" role="row" aria-rowindex={1}>
        {table.getVisibleLeafColumns().map(({ id }) => (
          <div key={id} role="columnheader" className={`cell cell-${id}`}>
            <span>{t(HEADINGS[id]!)}</span>
          </div>
        ))}
      </div>
      <div className="grid-body" role="rowgroup" style={{ height: virtual.totalPx }}>
        {virtual.items.map(({ index, start, size }) => {
          const row = model[index];
          if (!row) return null;
          return (
            <GridRow key={row.id} row={row} index={index} start={start} size={size} grid={props}>
              {row.getVisibleCells().map((cell) => (
                <div key={cell.id} role="gridcell" className={`cell cell-${cell.column.id}`}>
                  {cell.column.id === 'select' ? (
                    <input
                      type="checkbox"
                      tabIndex={-1}
                      aria-label={t('queue.selectRow', { title: titleIn(language, row.original) })}
                      checked={row.getIsSelected()}
                      onChange={row.getToggleSelectedHandler()}
                      onClick={(event) => event.stopPropagation()}
                    />
                  ) : (
                    <table.FlexRender cell={cell} />
                  )}
                </div>
              ))}
            </GridRow>
          );
        })}
      </div>
    </div>
  );
}

interface RowProps {
  row: { id: string; original: AlertSummary; getIsSelected: () => boolean };
  index: number;
  start: number;
  size: number;
  grid: Props;
  children: React.ReactNode;
}

function GridRow({ row, index, start, size, grid, children }: RowProps) {
  const { t } = useI18n();
  const gone = grid.gone.has(row.id);
  return (
    // The grid handles the keys for its rows.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="row"
      className="row"
      aria-rowindex={index + 2}
      aria-selected={row.getIsSelected()}
      aria-current={row.id === grid.openId ? 'true' : undefined}
      data-index={index}
      data-state={row.original.state}
      data-gone={gone || undefined}
      title={gone ? t('queue.gone') : undefined}
      tabIndex={index === grid.activeIndex ? 0 : -1}
      style={{ transform: `translateY(${start}px)`, height: size }}
      onFocus={() => grid.onActivate(index)}
      onClick={() => grid.onOpen(index, 'pointer')}
    >
      {children}
    </div>
  );
}

/** The rows in view; the active one is always among them, so that it keeps the focus when scrolled away. */
function useRows(
  scroller: React.RefObject<HTMLDivElement | null>,
  { rows, activeIndex }: Props,
  lines: number,
) {
  const rowPx = useRowHeight(scroller, lines);
  const rangeExtractor = useCallback(
    (range: Range) => {
      const visible = defaultRangeExtractor(range);
      if (activeIndex < 0 || activeIndex >= range.count || visible.includes(activeIndex)) return visible;
      return [...visible, activeIndex].sort((a, b) => a - b);
    },
    [activeIndex],
  );
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN_ROWS,
    // The head stays on top of the rows, and takes its height from them.
    scrollPaddingEnd: lines > 1 ? 0 : HEAD_PX,
    rangeExtractor,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, rowPx]);
  useEffect(() => {
    if (activeIndex >= 0) virtualizer.scrollToIndex(activeIndex, { align: 'auto' });
  }, [virtualizer, activeIndex]);
  const viewPx = scroller.current?.clientHeight ?? 0;
  return {
    items: virtualizer.getVirtualItems(),
    totalPx: virtualizer.getTotalSize(),
    pageRows: Math.max(1, Math.floor(viewPx / rowPx) - 1),
  };
}

/** Row heights are the style sheet's: read from it, so that density, language and touch need no second table here. */
function useRowHeight(scroller: React.RefObject<HTMLDivElement | null>, lines: number): number {
  const { language } = useI18n();
  const { density } = useSettings();
  const [px, setPx] = useState(ROW_PX);
  useLayoutEffect(() => {
    if (!scroller.current) return;
    const style = getComputedStyle(scroller.current);
    setPx(
      Number.parseFloat(style.getPropertyValue(['--row', '--row-two', '--row-three'][lines - 1]!)) || ROW_PX,
    );
  }, [scroller, lines, language, density]);
  return px;
}

function useGridKeys({ rows, activeIndex, onMove, onOpen, selection, onSelection }: Props, pageRows: number) {
  return (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = target(event.key, activeIndex, rows.length, pageRows);
    if (to !== null) {
      event.preventDefault();
      onMove(to);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      onOpen(activeIndex, 'key');
    } else if (event.key === ' ') {
      event.preventDefault();
      const id = rows[activeIndex]?.id;
      if (id) onSelection(toggled(selection, [id], !selection[id]));
    }
  };
}

/** The row that keys moved to takes the focus, unless the reader is in the alert beside the queue. */
function useFocusRow(scroller: React.RefObject<HTMLDivElement | null>, { activeIndex, moves }: Props) {
  const index = useRef(activeIndex);
  useEffect(() => {
    index.current = activeIndex;
  });
  useEffect(() => {
    if (moves === 0 || document.activeElement?.closest('.split-beside')) return;
    scroller.current
      ?.querySelector<HTMLElement>(`[data-index="${index.current}"]`)
      ?.focus({ preventScroll: true });
  }, [scroller, moves]);
}

function target(key: string, index: number, count: number, pageRows: number): number | null {
  const to = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + pageRows,
    PageUp: index - pageRows,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined ? null : Math.min(count - 1, Math.max(0, to));
}
