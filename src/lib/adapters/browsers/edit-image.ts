import { changeArea, makeSqliteStore } from "../chromium/sqlite-store.js";
import { changeSite, makeSiteDatabase } from "../firefox/site-database.js";
import { changeSiteRows, makeWebappsStore } from "../firefox/webapps-store.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { editImage, newDatabase } from "../sqlite/edit-database.js";
import type { EditImage, ImageEdit } from "../user-files/live-store.js";

/** Carries an edit of a database out in this process. */
export const editImageHere: EditImage = async (name, image, edit) => {
	let usage = 0;
	if (edit.of === "data.sqlite" && edit.isNew) {
		const made = await newDatabase((database) => {
			makeSiteDatabase(database, edit.edit.origin);
			usage = changeSite(database, edit.edit);
		});
		return { image: made, usage };
	}
	if ((edit.of === "sqlite" || edit.of === "webappsstore") && edit.isNew) {
		const made = await newDatabase((database) => {
			if (edit.of === "sqlite") makeSqliteStore(database);
			else makeWebappsStore(database);
			database.exec("BEGIN");
			change(database, edit);
			database.exec("COMMIT");
		});
		return { image: made, usage };
	}
	const changed = await editImage(name, image, (database) => {
		database.exec("BEGIN");
		change(database, edit);
		if (edit.of === "data.sqlite") usage = changeSite(database, edit.edit);
		database.exec("COMMIT");
	});
	return { image: changed, usage };
};

function change(database: SqlDatabase, edit: ImageEdit): void {
	if (edit.of === "sqlite") for (const one of edit.edits) changeArea(database, one, new Date(edit.now));
	if (edit.of === "webappsstore") for (const one of edit.edits) changeSiteRows(database, one, edit.by);
}
