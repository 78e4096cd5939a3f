/**
 * In: the bytes of a workbook. Out: its head, then its rows, some at a time as they are asked for. Called by: workbook.ts, as a thread of its own.
 */
import readWorkbook from 'read-excel-file/node';
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkbookMessage } from './workbook.ts';

const LOT = 500;

const say = (message: WorkbookMessage) => parentPort?.postMessage(message);

try {
  const sheets = (await readWorkbook(Buffer.from(workerData as Uint8Array))) as unknown as { data: unknown[][] }[];
  const [head, ...rows] = sheets.find((s) => s.data.length > 0)?.data ?? [];
  if (head === undefined) {
    say({ problem: 'empty' });
  } else {
    let characters = 0;
    let total = 0;
    for (const cells of rows) {
      let filled = false;
      for (const cell of cells) {
        if (typeof cell === 'string') characters += cell.length;
        filled ||= cellText(cell) !== '';
      }
      if (filled) total++;
    }
    say({ columns: head.map(cellText), total, characters });
    let at = 0;
    parentPort?.on('message', () => {
      const lot: { line: number; cells: string[] }[] = [];
      for (; at < rows.length && lot.length < LOT; at++) {
        const cells = (rows[at] ?? []).map(cellText);
        // What is behind us is let go.
        delete rows[at];
        if (cells.some((cell) => cell !== '')) lot.push({ line: at + 2, cells });
      }
      say({ rows: lot });
    });
  }
} catch {
  say({ problem: 'unreadable' });
}

/** Excel keeps times without a zone; the reader gives them as UTC, and they were meant as office time. */
function cellText(cell: unknown): string {
  if (cell instanceof Date) return cell.toISOString().slice(0, 19).replace('T', ' ');
  if (typeof cell === 'string') return cell.trim();
  return typeof cell === 'number' || typeof cell === 'boolean' ? String(cell) : '';
}
