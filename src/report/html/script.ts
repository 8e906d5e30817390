/** The report's script: it filters and unfolds the tasks. Without it, all tasks are shown. */
export const script = `
const form = document.querySelector(".filter");
if (form) {
  const tasks = [...document.querySelectorAll(".task")];
  const fold = form.querySelector("[data-action=fold]");
  const show = () => {
    const wanted = form.elements.filter.value;
    let shown = 0;
    for (const task of tasks) {
      task.hidden = !task.dataset.tags.split(" ").includes(wanted);
      if (!task.hidden) shown += 1;
    }
    form.querySelector("output").textContent = shown + (shown === 1 ? " task" : " tasks");
  };
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  fold.addEventListener("click", () => {
    const open = fold.textContent === "Unfold all";
    for (const task of tasks) task.open = open && !task.hidden;
    fold.textContent = open ? "Fold all" : "Unfold all";
  });
  show();
}
`;
