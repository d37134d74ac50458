import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { html } from '../../src/evidence/html/markup.js';
import { reportPage } from '../../src/evidence/html/page.js';
import { incidentReportSchema, type ReportRow } from '../../src/evidence/reportSchema.js';
import { sampleReport } from './sampleReport.js';

const sha256 = 'ab'.repeat(32);
const hostile = `</td><script>alert(1)</script>"'><img src=x onerror=alert(1)>\`\u202egnp.exe\u0000&amp;`;

describe('the report as a page', () => {
  it('shows hostile names, reasons and owners as text', () => {
    const texts = { id: hostile, account: hostile, owner: hostile, targets: [hostile], copies: [hostile] };
    const odd: Partial<ReportRow> = { state: 'blocked', reason: null, findings: [hostile], exposed: true };
    const report = { ...sampleReport(150, { ...texts, ...odd }), vendor: hostile, reason: hostile, incident: hostile };
    const page = reportPage(report, sha256);
    expect(page).toContain('&lt;script&gt;alert(1)');
    expect(page).toContain('\\u{202e}');
    expect(tagsOf(page)).toEqual(tagsOf(reportPage({ ...report, ...plain(report) }, sha256)));
    for (const bare of ['<script', '<img', '\u202e', '\u0000']) expect(page).not.toContain(bare);
  });

  it('escapes what is put into quotes, and nothing twice', () => {
    const inner = html`<b>${'<&>'}</b>`;
    expect(html`<i title="${'"\'`'}">${inner}${[1, 'a&b', null]}</i>`.text).toBe(
      '<i title="&quot;&#39;&#96;"><b>&lt;&amp;&gt;</b>1a&amp;b</i>',
    );
  });

  it('needs nothing from elsewhere: no script, no address; its policy allows its own style and no other', () => {
    const page = reportPage(sampleReport(40), sha256);
    expect(page).not.toMatch(
      /<script|<link|<img|<iframe|<form|\bsrc=|\bhref=|url\(|@import|https?:|\bon\w+=|\bstyle="/,
    );
    const style = page.match(/<style>([\s\S]*?)<\/style>/)?.[1] ?? '';
    const digest = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;sha256-${digest}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
    );
  });

  it('has every credential with the digest of its evidence, the plan and who approved', () => {
    const report = sampleReport(250);
    const page = reportPage(report, sha256);
    for (const { id, evidence } of report.credentials) {
      expect(page).toContain(`<th scope="row">${id}<small>`);
      if (evidence !== null) expect(page).toContain(`<code>${evidence.sha256}</code>`);
    }
    for (const text of [report.plan.digest, 'ada@utility.example, grace@utility.example', `${sha256}.sha256`])
      expect(page).toContain(text);
  });

  it('says what a person must do for every end that is not whole, the most urgent first', () => {
    const todo = reportPage(sampleReport(400), sha256).match(/<ol class="todo">[\s\S]*?<\/ol>/)?.[0] ?? '';
    const ends = [...todo.matchAll(/<b>\d+ credentials? (?:is|are) (\w+)<\/b>/g)].map(([, end]) => end);
    expect(ends).toEqual(['lost', 'unverified', 'blocked', 'untouched', 'replaced', 'replaced']);
    expect(reportPage(sampleReport(5), sha256)).toContain('<h2>What a person must do now</h2><p>Nothing.</p>');
  });

  it('10,000 credentials: under 8 MB, made in seconds, laid out a hundred at a time', () => {
    const report = sampleReport(10_000);
    const begun = performance.now();
    const page = reportPage(report, sha256);
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(page.length).toBeLessThan(8_000_000);
    const perTable = page.split('<section class="rows">').map((part) => part.split('<tr').length - 2);
    expect(Math.max(...perTable.slice(1))).toBe(100);
    expect(page.match(/<details open>/g)).toHaveLength(2);
  });

  it('a report that is not of this form is refused', () => {
    const report = sampleReport(3);
    expect(incidentReportSchema.safeParse(report).success).toBe(true);
    expect(incidentReportSchema.safeParse({ ...report, version: 2 }).success).toBe(false);
    expect(incidentReportSchema.safeParse({ ...report, password: 'x' }).success).toBe(false);
  });
});

function tagsOf(page: string): readonly string[] {
  return page.match(/<[^>]*>/g)?.map((tag) => tag.replace(/"[^"]*"/g, '""')) ?? [];
}

/** The same report with harmless texts. */
function plain({ credentials }: ReturnType<typeof sampleReport>) {
  const texts = { id: 'x', account: 'x', owner: 'x', targets: ['x'], copies: ['x'], findings: ['x'] };
  return { vendor: 'x', reason: 'x', incident: 'x', credentials: credentials.map((row) => ({ ...row, ...texts })) };
}
