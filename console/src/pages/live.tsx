import { Empty } from "../ui/basics";

export function LivePage() { return <Empty title="This page comes next" />; }
