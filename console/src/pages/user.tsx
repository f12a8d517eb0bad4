import { Empty } from "../ui/basics";

export function UsersPage() { return <Empty title="This page comes next" />; }
export function UserPage() { return <Empty title="This page comes next" />; }
