export interface TextColumn {
  readonly title: string;
  readonly align: "left" | "right";
}

/** A table for a terminal: columns as wide as their widest cell, two spaces apart, no trailing spaces. */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map((column) => column.title);
  const widths = columns.map((_, index) =>
    Math.max(...[titles, ...rows].map((row) => (row[index] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map((column, index) => {
        const cell = cells[index] ?? "";
        const width = widths[index] ?? 0;
        return column.align === "left" ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  return [line(titles), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** The same as a Markdown table. Cells are escaped so that they cannot end early or hold markup. */
export function markdownTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map((column) => escapeMarkdown(column.title))),
    line(columns.map((column) => (column.align === "left" ? "---" : "---:"))),
    ...rows.map((row) => line(row.map(escapeMarkdown))),
  ].join("\n");
}

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\|`*_<>]/g, "\\$&").replaceAll(/\s+/g, " ");
}
