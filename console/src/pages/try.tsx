import { Empty } from "../ui/basics";

export function TryPage() { return <Empty title="This page comes next" />; }
