import { Empty } from "../ui/basics";

export function WorkPage() { return <Empty title="This page comes next" />; }
