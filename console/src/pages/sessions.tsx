import { Empty } from "../ui/basics";

export function SessionsPage() { return <Empty title="This page comes next" />; }
